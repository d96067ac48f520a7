resource "keyward_api_key" "there_already" {
  user = "1"
  name = "example there already"
}

data "keyward_api_key" "found" {
  user = "1"
  name = keyward_api_key.there_already.name
}
