resource "keyward_user" "ci" {
  name        = "example-ci"
  type        = "api"
  displayname = "Continuous integration"
}
