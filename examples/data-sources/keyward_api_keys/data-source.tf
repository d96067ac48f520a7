# Keys that end within two weeks, and keys that nobody has used for a quarter of a year.
data "keyward_api_keys" "ending" {
  expiring_within = "14d"
}

data "keyward_api_keys" "forgotten" {
  unused_since = "90d"
}
