data "keyward_user" "admin" {
  name = "admin"
}
