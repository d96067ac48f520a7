data "keyward_users" "programs" {
  type    = "api"
  enabled = true
}
