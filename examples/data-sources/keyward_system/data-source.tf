data "keyward_system" "here" {}
