terraform {
  required_providers {
    keyward = { source = "registry.terraform.io/keyward/keyward" }
  }
}

provider "keyward" {} # KEYWARD_ENDPOINT and KEYWARD_TOKEN say where and as whom

locals {
  team = {
    ann   = ["192.0.2.0/24", "2001:db8:1::/48"]
    bob   = ["198.51.100.7"]
    carol = ["203.0.113.0/26"]
  }
}

resource "keyward_group" "operators" {
  name        = "operators"
  description = "Look after machines"
}

resource "keyward_permission" "machines" {
  identity = keyward_group.operators.identity
  table    = "vms"
  rights   = ["list", "read"]
}

resource "keyward_user" "person" {
  for_each = local.team
  name     = each.key
}

resource "keyward_group_member" "person" {
  for_each = local.team
  group    = keyward_group.operators.id
  user     = keyward_user.person[each.key].id
}

resource "keyward_api_key" "laptop" {
  for_each      = local.team
  user          = keyward_user.person[each.key].id
  name          = "laptop"
  expires_in    = "90d"
  ip_allow_list = each.value
  rotation      = { every = "60d", overlap = "48h" }
}

output "secrets" {
  value     = { for name, key in keyward_api_key.laptop : name => key.secret }
  sensitive = true
}
