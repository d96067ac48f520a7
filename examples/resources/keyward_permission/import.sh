# By the number that the server has for it.
terraform import keyward_permission.example 7
