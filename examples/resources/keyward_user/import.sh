# By the number that the server has for it.
terraform import keyward_user.example 7
