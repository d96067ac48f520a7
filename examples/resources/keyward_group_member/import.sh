# By the number that the server has for it.
terraform import keyward_group_member.example 7
