/** Variables of somebody's shell that are secrets, or are named like one: this service's own, and those of other programs. */
export const SECRET_LOOKALIKES: Readonly<Record<string, string>> = {
  LOG_NEXT_SIGNING_KEY: Buffer.alloc(32, 9).toString("base64"),
  COUNTERSIGN_API_KEY: "csk_withheld",
  GITHUB_TOKEN: "ghp_withheld",
  AWS_SECRET_ACCESS_KEY: "aws-withheld",
  DATABASE_PASSWORD: "password-withheld",
  GOOGLE_APPLICATION_CREDENTIALS: "credentials-withheld",
  deploy_key: "deploy-key-withheld",
};
