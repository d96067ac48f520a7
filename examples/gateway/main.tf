terraform {
  required_providers {
    keyward = { source = "registry.terraform.io/keyward/keyward" }
  }
}

provider "keyward" {} # KEYWARD_ENDPOINT and KEYWARD_TOKEN say where and as whom

variable "callers" {
  description = "Where callers come from, as the gateway sees them"
  type        = list(string)
  default     = ["127.0.0.1", "::1"]
}

resource "keyward_user" "caller" {
  name = "gateway-caller"
  type = "api"
}

# The gateway asks for this right at /vms/, and for none elsewhere.
resource "keyward_permission" "machines" {
  identity = keyward_user.caller.identity
  table    = "vms"
  rights   = ["list", "read"]
}

resource "keyward_api_key" "caller" {
  user          = keyward_user.caller.id
  name          = "gateway"
  description   = "Calls the application behind the gateway"
  expires_in    = "90d"
  ip_allow_list = var.callers
}

output "caller_secret" {
  value     = keyward_api_key.caller.secret
  sensitive = true
}

output "user_name" {
  description = "What the application sees in X-Keyward-User"
  value       = keyward_user.caller.name
}
