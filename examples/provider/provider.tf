terraform {
  required_providers {
    keyward = {
      source = "registry.terraform.io/keyward/keyward"
    }
  }
}

# KEYWARD_ENDPOINT says where, KEYWARD_TOKEN (or KEYWARD_USERNAME and KEYWARD_PASSWORD) as whom.
provider "keyward" {}
