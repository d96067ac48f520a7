ephemeral "keyward_secret" "own" {}

# The state has nothing of the secret. To give the key another one, change the version.
resource "keyward_api_key" "own_secret" {
  user              = "1"
  name              = "example own secret"
  secret_wo         = ephemeral.keyward_secret.own.secret
  secret_wo_version = 1
}
