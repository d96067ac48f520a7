resource "keyward_group" "operators" {
  name        = "Example operators"
  description = "Look after the keys of pipelines"
}
