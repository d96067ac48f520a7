# A key for this run: revoked when the run ends.
ephemeral "keyward_api_key" "run" {
  user     = "1"
  lifetime = "15m"
}
