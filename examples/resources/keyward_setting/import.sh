# By its name.
terraform import keyward_setting.example session_expiration
