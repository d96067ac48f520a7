CREATE TABLE "signing_keys" (
	"purpose" text NOT NULL,
	"private_key" text NOT NULL,
	CONSTRAINT "signing_keys_pkey" PRIMARY KEY("purpose")
);
