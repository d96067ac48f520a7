# By the number that the server has for it.
terraform import keyward_api_key.example 7
