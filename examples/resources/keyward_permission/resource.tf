resource "keyward_group" "auditors" {
  name = "Example auditors"
}

# Auditors may see every key, and change none.
resource "keyward_permission" "auditors" {
  identity = keyward_group.auditors.identity
  table    = "user_api_keys"
  rights   = ["list", "read"]
}
