output "canonical" {
  value = provider::keyward::normalize_cidr("2001:DB8:0::/32") # "2001:db8::/32"
}
