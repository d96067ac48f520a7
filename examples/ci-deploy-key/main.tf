terraform {
  required_providers {
    keyward = { source = "registry.terraform.io/keyward/keyward" }
  }
}

provider "keyward" {} # KEYWARD_ENDPOINT and KEYWARD_TOKEN say where and as whom

variable "runners" {
  type    = list(string)
  default = ["127.0.0.1", "::1"]
}

resource "keyward_user" "ci" {
  name = "ci-deploy"
  type = "api"
}

resource "keyward_api_key" "deploy" {
  user          = keyward_user.ci.id
  name          = "deploy"
  description   = "Deploys from the pipeline"
  expires_at    = "2036-01-01T00:00:00Z"
  ip_allow_list = var.runners
}

output "deploy_secret" {
  value     = keyward_api_key.deploy.secret
  sensitive = true
}
