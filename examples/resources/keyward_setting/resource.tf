resource "keyward_setting" "lockout" {
  name  = "failed_login_lockout"
  value = "10"
}
