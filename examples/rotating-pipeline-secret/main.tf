terraform {
  required_providers {
    keyward = { source = "registry.terraform.io/keyward/keyward" }
  }
}

provider "keyward" {} # KEYWARD_ENDPOINT and KEYWARD_TOKEN say where and as whom

variable "rotate_every" {
  type    = string
  default = "30d"
}

variable "overlap" {
  type    = string
  default = "48h"
}

resource "keyward_user" "ci" {
  name = "ci-website"
  type = "api"
}

resource "keyward_permission" "machines" {
  identity = keyward_user.ci.identity
  table    = "vms"
  rights   = ["list", "read"]
}

resource "keyward_api_key" "deploy" {
  user     = keyward_user.ci.id
  name     = "deploy"
  rotation = { every = var.rotate_every, overlap = var.overlap }
}

# A rotation gives the key another id, so this runs when there is a new secret, and only then.
resource "terraform_data" "handover" {
  triggers_replace = keyward_api_key.deploy.id

  provisioner "local-exec" {
    interpreter = ["/bin/sh", "-eu", "-c"]
    command     = "printf %s \"$KEYWARD_SECRET\" | gh secret set DEPLOY_KEY --repo acme/website"
    environment = { KEYWARD_SECRET = keyward_api_key.deploy.secret }
  }
}

output "deploy_secret" {
  value     = keyward_api_key.deploy.secret
  sensitive = true
}
