output "is_secret" {
  value = provider::keyward::parse_secret("letmein").valid # false
}
