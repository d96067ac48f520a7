resource "keyward_user" "deployer" {
  name = "example-deployer"
  type = "api"
}

# A new secret every 30 days; the old one works for two more days.
resource "keyward_api_key" "deploy" {
  user          = keyward_user.deployer.id
  name          = "deploy"
  description   = "Deploys from the pipeline"
  expires_in    = "90d"
  ip_allow_list = ["192.0.2.0/24", "2001:db8::/32"]

  rotation = {
    every   = "720h"
    overlap = "48h"
  }
}

output "deploy_secret" {
  value     = keyward_api_key.deploy.secret
  sensitive = true
}
