output "may_pass" {
  value = provider::keyward::address_allowed("192.0.2.7", ["192.0.2.0/24"], ["192.0.2.7"]) # true: the allow list wins
}
