resource "keyward_user" "operator" {
  name = "example-operator"
}

resource "keyward_group" "team" {
  name = "Example team"
}

resource "keyward_group_member" "operator" {
  group = keyward_group.team.id
  user  = keyward_user.operator.id
}
