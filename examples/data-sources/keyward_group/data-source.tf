data "keyward_group" "administrators" {
  name = "Administrators (default)"
}
