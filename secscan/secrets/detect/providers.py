"""Secrets by their own structure: the tokens of providers, with their checksums, and keys.

Forms are those that the providers publish or that their tools write. Each expression is linear: what repeats is bounded
or possessive. The group `v` is the secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from secscan.findings.levels import Confidence, Severity
from secscan.secrets.detect import checksums


@dataclass(frozen=True)
class Provider:
    """One form of secret."""

    id: str
    """The rule's id in findings, after `secscan.secret.`."""
    title: str
    needles: tuple[str, ...]
    """One of these is in every such secret: without any in the text the expression is not tried."""
    regex: re.Pattern[str]
    check: Callable[[str], bool] | None = None
    severity: Severity = Severity.HIGH
    confidence: Confidence = Confidence.HIGH
    revoke: str = ""
    """Where it is revoked, in words."""


def _token(pattern: str) -> re.Pattern[str]:
    """A token that neither begins nor ends within a longer word."""
    return re.compile(rf"(?<![A-Za-z0-9_])(?P<v>{pattern})(?![A-Za-z0-9_])")


def _of(id: str, title: str, needles: str, pattern: str, revoke: str = "", **more: object) -> Provider:
    return Provider(id, title, tuple(needles.split()), _token(pattern), revoke=revoke, **more)  # type: ignore[arg-type]


_GITHUB = "in the account's settings under Developer settings, or by the organisation's owner"
_LOW = {"severity": Severity.LOW}
_MEDIUM = {"confidence": Confidence.MEDIUM}

PROVIDERS: tuple[Provider, ...] = (
    _of("github-token", "GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{36}", _GITHUB, check=checksums.crc32_base62),
    _of("github-fine-grained-token", "GitHub token", "github_pat_", r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}", _GITHUB),
    _of("gitlab-token", "GitLab token", "glpat- gldt- gloas- glsoat- glft- glagent- glimt- glcbt- glrt- glptt-", r"gl(?:pat|dt|oas|soat|ft|agent|imt|cbt|rt|ptt)-[\w-]{20,64}(?:\.[0-9a-z]{2}\.[0-9a-z]{9})?", "in GitLab under Access tokens, or by an administrator"),
    _of("npm-token", "npm token", "npm_", r"npm_[A-Za-z0-9]{36}", "with `npm token revoke`", check=checksums.crc32_base62),
    _of("pypi-token", "PyPI token", "pypi-", r"pypi-[\w-]{50,400}+", "in PyPI's account settings", check=checksums.macaroon),
    _of("rubygems-token", "RubyGems key", "rubygems_", r"rubygems_[0-9a-f]{48}", "on rubygems.org under API keys"),
    _of("nuget-key", "NuGet key", "oy2", r"oy2[a-z0-9]{43}", "on nuget.org under API keys"),
    _of("docker-token", "Docker Hub token", "dckr_", r"dckr_(?:pat|oat)_[\w-]{27,32}", "in Docker Hub's account settings"),
    _of("aws-access-key-id", "AWS access key id", "AKIA ASIA", r"(?:AKIA|ASIA)[A-Z2-7]{16}", "in IAM: deactivate, then delete the key", severity=Severity.MEDIUM, confidence=Confidence.MEDIUM),
    _of("google-api-key", "Google API key", "AIza", r"AIza[\w-]{35}", "in the Google Cloud console under Credentials"),
    _of("google-oauth-secret", "Google OAuth client secret", "GOCSPX-", r"GOCSPX-[\w-]{28}", "in the Google Cloud console under Credentials"),
    _of("google-oauth-token", "Google access token", "ya29.", r"ya29\.[\w-]{50,400}+", "it ends within an hour; revoke the grant", **_MEDIUM),
    _of("azure-client-secret", "Azure client secret", "8Q~", r"[\w~.-]{3}8Q~[\w~.-]{31,34}", "in Entra ID under Certificates & secrets"),
    _of("slack-token", "Slack token", "xoxb- xoxp- xoxa- xoxr- xoxs- xoxe", r"(?:xox[bpars]-(?:\d{1,14}-){0,3}[A-Za-z0-9]{15,64}|xoxe(?:\.xox[bp])?-\d-[A-Za-z0-9]{140,180})", "in the app's settings under OAuth & Permissions"),
    _of("slack-app-token", "Slack app token", "xapp-", r"xapp-\d-[A-Z0-9]{8,14}-\d{10,16}-[0-9a-f]{64}", "in the app's settings under Basic Information"),
    _of("stripe-key", "Stripe key", "sk_live_ rk_live_", r"[sr]k_live_[A-Za-z0-9]{24,99}", "in Stripe's dashboard: roll the key", severity=Severity.CRITICAL),
    _of("stripe-test-key", "Stripe test key", "sk_test_ rk_test_", r"[sr]k_test_[A-Za-z0-9]{24,99}", "in Stripe's dashboard: roll the key", **_LOW),
    _of("stripe-webhook-secret", "Stripe webhook secret", "whsec_", r"whsec_[A-Za-z0-9+/]{32,64}={0,2}", "in Stripe's dashboard: roll the secret of the endpoint"),
    _of("square-token", "Square token", "sq0atp- sq0csp-", r"sq0(?:atp|csp)-[\w-]{22,43}", "in Square's developer dashboard"),
    _of("shopify-token", "Shopify token", "shpat_ shpss_ shpca_ shppa_", r"shp(?:at|ss|ca|pa)_[0-9a-fA-F]{32}", "in the shop's app settings"),
    _of("sendgrid-key", "SendGrid key", "SG.", r"SG\.[\w-]{22}\.[\w-]{43}", "in SendGrid's settings under API Keys"),
    _of("mailgun-key", "Mailgun key", "key-", r"key-[0-9a-f]{32}", "in Mailgun's settings under API keys"),
    _of("mailchimp-key", "Mailchimp key", "-us", r"[0-9a-f]{32}-us\d{1,2}", "in Mailchimp's account under API keys"),
    _of("twilio-key", "Twilio key", "SK", r"SK[0-9a-f]{32}", "in Twilio's console under API keys", **_MEDIUM),
    _of("telegram-token", "Telegram bot token", ":AA", r"\d{8,10}:AA[\w-]{33}", "by @BotFather: /revoke", check=checksums.telegram),
    _of("discord-token", "Discord bot token", ".", r"[MNO][A-Za-z0-9_-]{23,27}\.[\w-]{6}\.[\w-]{27,40}", "in Discord's developer portal: reset the token"),
    _of("anthropic-key", "Anthropic key", "sk-ant-", r"sk-ant-(?:api|admin|oat|sid)\d\d-[\w-]{80,120}", "in Anthropic's console under API keys"),
    _of("openai-key", "OpenAI key", "T3BlbkFJ", r"sk-(?:(?:proj|svcacct|admin)-)?[\w-]{16,90}T3BlbkFJ[\w-]{16,90}", "in OpenAI's dashboard under API keys"),
    _of("huggingface-token", "Hugging Face token", "hf_ api_org_", r"(?:hf|api_org)_[A-Za-z]{34}", "in Hugging Face's settings under Access Tokens"),
    _of("digitalocean-token", "DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", r"do[opr]_v1_[0-9a-f]{64}", "in DigitalOcean's control panel under API"),
    _of("databricks-token", "Databricks token", "dapi", r"dapi[0-9a-f]{32}(?:-\d)?", "in the workspace's settings under Access tokens"),
    _of("atlassian-token", "Atlassian token", "ATATT3", r"ATATT3[\w=-]{180,220}", "on id.atlassian.com under API tokens"),
    _of("heroku-key", "Heroku key", "HRKU-", r"HRKU-[\w-]{36,70}", "in Heroku's account settings"),
    _of("cloudflare-key", "Cloudflare origin CA key", "v1.0-", r"v1\.0-[0-9a-f]{24}-[0-9a-f]{146}", "in Cloudflare's profile under API Tokens"),
    _of("netlify-token", "Netlify token", "nfp_", r"nfp_[A-Za-z0-9]{36}", "in Netlify's user settings"),
    _of("supabase-token", "Supabase token", "sbp_", r"sbp_[0-9a-f]{40}", "in Supabase's account under Access Tokens"),
    _of("planetscale-token", "PlanetScale credential", "pscale_", r"pscale_(?:tkn|pw|oauth)_[\w.-]{32,64}", "in PlanetScale's settings"),
    _of("grafana-token", "Grafana token", "glsa_ glc_", r"gl(?:sa_[A-Za-z0-9]{32}_[0-9a-f]{8}|c_eyJ[\w+/=]{60,400}+)", "in Grafana under Service accounts"),
    _of("newrelic-key", "New Relic key", "NRAK-", r"NRAK-[A-Z0-9]{27}", "in New Relic under API keys"),
    _of("sentry-token", "Sentry token", "sntrys_ sntryu_", r"sntry[su]_[\w+/=]{60,400}+", "in Sentry's settings under Auth Tokens"),
    _of("linear-key", "Linear key", "lin_api_", r"lin_api_[A-Za-z0-9]{40}", "in Linear's settings under API"),
    _of("notion-token", "Notion token", "ntn_", r"ntn_[A-Za-z0-9]{40,50}", "in Notion's integration settings"),
    _of("postman-key", "Postman key", "PMAK-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}", "in Postman's settings under API keys"),
    _of("doppler-token", "Doppler token", "dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[\w-]{2,35}\.)?[A-Za-z0-9]{40,44}", "in Doppler's workspace"),
    _of("pulumi-token", "Pulumi token", "pul-", r"pul-[0-9a-f]{40}", "in Pulumi's account settings"),
    _of("terraform-token", "Terraform Cloud token", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,70}", "in HCP Terraform under Tokens"),
    _of("vault-token", "Vault token", "hvs. hvb. hvr.", r"hv[sbr]\.[\w-]{24,300}+", "with `vault token revoke`", severity=Severity.CRITICAL),
    _of("artifactory-key", "Artifactory key", "AKCp", r"AKCp[A-Za-z0-9]{69}", "in Artifactory's user profile"),
    _of("nats-seed", "NATS seed", "SU SA SO SC SN SX", r"S[UAOCNX][A-Z2-7]{56}", "issue a new key pair", check=checksums.nkey_seed),
    _of("age-key", "age identity", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}", "make a new identity and encrypt anew", check=checksums.bech32),
    _of("azure-devops-token", "Azure DevOps token", "AZDO", r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}", "in Azure DevOps under Personal access tokens"),
    _of("bitbucket-password", "Bitbucket app password", "ATBB", r"ATBB[A-Za-z0-9]{24,40}", "in Bitbucket's personal settings under App passwords"),
    _of("airtable-token", "Airtable token", "pat", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}", "in Airtable's developer hub"),
    _of("buildkite-token", "Buildkite token", "bkua_", r"bkua_[0-9a-f]{40}", "in Buildkite under API Access Tokens"),
    _of("circleci-token", "CircleCI token", "CCIPAT_", r"CCIPAT_[A-Za-z0-9]{22}_[0-9a-f]{40}", "in CircleCI under Personal API Tokens"),
    _of("clojars-token", "Clojars token", "CLOJARS_", r"CLOJARS_[a-z0-9]{60}", "on clojars.org under Deploy Tokens"),
    _of("contentful-token", "Contentful token", "CFPAT-", r"CFPAT-[\w-]{43}", "in Contentful's account settings"),
    _of("dynatrace-token", "Dynatrace token", "dt0c01. dt0s01. dt0s16.", r"dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}", "in Dynatrace under Access tokens"),
    _of("easypost-key", "EasyPost key", "EZAK", r"EZAK[A-Za-z0-9]{54}", "in EasyPost's account under API Keys"),
    _of("fly-token", "Fly.io token", "fo1_ fm1r_ fm2_", r"f(?:o1|m1r|m2)_[\w+/=-]{43,800}+", "with `fly tokens revoke`"),
    _of("figma-token", "Figma token", "figd_", r"figd_[\w-]{38,48}", "in Figma's settings under Personal access tokens"),
    _of("groq-key", "Groq key", "gsk_", r"gsk_[A-Za-z0-9]{52}", "in Groq's console under API Keys"),
    _of("xai-key", "xAI key", "xai-", r"xai-[A-Za-z0-9]{80}", "in xAI's console under API Keys"),
    _of("perplexity-key", "Perplexity key", "pplx-", r"pplx-[A-Za-z0-9]{48}", "in Perplexity's settings under API"),
    _of("replicate-token", "Replicate token", "r8_", r"r8_[A-Za-z0-9]{37}", "in Replicate's account under API tokens"),
    _of("openrouter-key", "OpenRouter key", "sk-or-v1-", r"sk-or-v1-[0-9a-f]{64}", "in OpenRouter's settings under Keys"),
    _of("langsmith-key", "LangSmith key", "lsv2_", r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}", "in LangSmith's settings under API Keys"),
    _of("pinecone-key", "Pinecone key", "pcsk_", r"pcsk_[A-Za-z0-9]{5,6}_[A-Za-z0-9]{63}", "in Pinecone's console under API keys"),
    _of("nvidia-key", "NVIDIA key", "nvapi-", r"nvapi-[\w-]{60,70}", "in NVIDIA's NGC under API Keys"),
    _of("jfrog-reference-token", "JFrog reference token", "cmVmdGtu", r"cmVmdGtu[A-Za-z0-9]{56}", "in JFrog's administration under Access Tokens"),
    _of("infracost-key", "Infracost key", "ico-", r"ico-[A-Za-z0-9]{32}", "in Infracost's organisation settings"),
    _of("mapbox-token", "Mapbox secret token", "sk.eyJ", r"sk\.eyJ[\w-]{60,200}\.[\w-]{22}", "in Mapbox's account under Access tokens"),
    _of("openshift-token", "OpenShift token", "sha256~", r"sha256~[\w-]{43}", "with `oc delete oauthaccesstoken`"),
    _of("plaid-token", "Plaid access token", "access-", r"access-(?:production|development)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "with Plaid's /item/remove"),
    _of("prefect-key", "Prefect key", "pnu_", r"pnu_[A-Za-z0-9]{36}", "in Prefect Cloud under API Keys"),
    _of("readme-key", "ReadMe key", "rdme_", r"rdme_[a-z0-9]{70}", "in ReadMe's project under API Keys"),
    _of("resend-key", "Resend key", "re_", r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}", "in Resend under API Keys"),
    _of("brevo-key", "Brevo key", "xkeysib-", r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}", "in Brevo under SMTP & API"),
    _of("shippo-token", "Shippo token", "shippo_live_", r"shippo_live_[0-9a-f]{40}", "in Shippo's settings under API"),
    _of("sonarqube-token", "SonarQube token", "sqa_ sqp_ squ_", r"sq[apu]_[0-9a-f]{40}", "in SonarQube's account under Security"),
    _of("sourcegraph-token", "Sourcegraph token", "sgp_", r"sgp_(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}", "in Sourcegraph's settings under Access tokens"),
    _of("tailscale-key", "Tailscale key", "tskey-", r"tskey-(?:auth|api|client|scim|webhook)-[A-Za-z0-9]{10,24}-[A-Za-z0-9]{20,48}", "in Tailscale's admin console under Keys"),
    _of("typeform-token", "Typeform token", "tfp_", r"tfp_[\w.=-]{44,62}", "in Typeform's account under Personal tokens"),
    _of("onepassword-token", "1Password service account token", "ops_eyJ", r"ops_eyJ[A-Za-z0-9+/_-]{200,1500}+={0,3}", "in 1Password under Developer: rotate the token", severity=Severity.CRITICAL),
    _of("adafruit-key", "Adafruit IO key", "aio_", r"aio_[A-Za-z0-9]{28}", "on io.adafruit.com: regenerate the key"),
    _of("harness-token", "Harness token", "pat. sat.", r"[ps]at\.[\w-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}", "in Harness under My API Keys"),
    _of("launchdarkly-key", "LaunchDarkly key", "api- sdk-", r"(?:api|sdk)-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", "in LaunchDarkly under Authorization or SDK keys"),
    _of("octopus-key", "Octopus Deploy key", "API-", r"API-[A-Z0-9]{26}", "in Octopus under My API Keys"),
    _of("neon-key", "Neon key", "napi_", r"napi_[a-z0-9]{60,70}", "in Neon's account settings under API keys"),
    _of("cerebras-key", "Cerebras key", "csk-", r"csk-[a-z0-9]{48}", "in Cerebras' console under API keys"),
    _of("meta-token", "Meta access token", "EAA", r"EAA[A-Za-z0-9]{100,300}+", "in the app's dashboard, or by changing the password", confidence=Confidence.MEDIUM),
    _of("alibaba-key-id", "Alibaba access key id", "LTAI", r"LTAI[A-Za-z0-9]{12,20}", "in RAM: disable, then delete the key", severity=Severity.MEDIUM, confidence=Confidence.MEDIUM),
    _of("yandex-key", "Yandex Cloud key", "AQVN", r"AQVN[\w-]{35,38}", "in Yandex Cloud under Service accounts"),
    _of("posthog-key", "PostHog key", "phx_", r"phx_[A-Za-z0-9]{43}", "in PostHog under Personal API keys"),
    _of("render-key", "Render key", "rnd_", r"rnd_[A-Za-z0-9]{28,32}", "in Render's account under API Keys"),
    _of("crates-token", "crates.io token", "cio", r"cio[A-Za-z0-9]{32}", "on crates.io under API Tokens"),
    _of("docker-swarm-token", "Docker Swarm token", "SWMTKN- SWMKEY-", r"SWM(?:TKN-\d-[0-9a-z]{50}-[0-9a-z]{25}|KEY-\d-[\w+/]{43})", "with `docker swarm join-token --rotate`"),
    _of("hubspot-token", "HubSpot token", "pat-", r"pat-(?:na|eu|ap)\d-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "in HubSpot's private app: rotate"),
    _of("apify-token", "Apify token", "apify_api_", r"apify_api_[A-Za-z0-9]{36}", "in Apify's console under Integrations"),
    _of("langfuse-key", "Langfuse key", "sk-lf-", r"sk-lf-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "in Langfuse's project settings"),
    _of("supabase-key", "Supabase secret key", "sb_secret_", r"sb_secret_[\w-]{31,40}", "in Supabase's project under API Keys"),
    _of("cockroach-key", "CockroachDB Cloud key", "CCDB1_", r"CCDB1_[A-Za-z0-9]{22}_[A-Za-z0-9]{40}", "in CockroachDB Cloud under Access Management"),
    _of("elevenlabs-key", "ElevenLabs key", "sk_", r"sk_[0-9a-f]{48}", "in ElevenLabs' settings under API Keys"),
    _of("tavily-key", "Tavily key", "tvly-", r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{32}", "in Tavily's dashboard"),
    _of("duffel-token", "Duffel token", "duffel_live_", r"duffel_live_[\w=-]{43}", "in Duffel under Access tokens"),
    Provider("slack-webhook", "Slack webhook", ("hooks.slack.com",), re.compile(r"hooks\.slack\.com/(?P<v>(?:services|workflows|triggers)/T[A-Z0-9]{8,12}/[A-Z0-9]{8,12}/[A-Za-z0-9]{20,32})"), severity=Severity.MEDIUM, revoke="in the app's settings under Incoming Webhooks"),
    Provider("discord-webhook", "Discord webhook", ("/api/webhooks/",), re.compile(r"discord(?:app)?\.com/api/webhooks/(?P<v>\d{17,20}/[\w-]{60,80})"), severity=Severity.MEDIUM, revoke="in the channel's settings under Integrations"),
    Provider("azure-storage-key", "Azure storage key", ("AccountKey=", "accountkey="), re.compile(r"(?i:AccountKey)=(?P<v>[A-Za-z0-9+/]{86}==)"), revoke="in the storage account under Access keys: rotate"),
    Provider("azure-shared-access-key", "Azure shared access key", ("SharedAccessKey=", "sharedaccesskey="), re.compile(r"(?i:SharedAccessKey)=(?P<v>[A-Za-z0-9+/]{43}=)"), revoke="in the namespace's shared access policies: regenerate"),
    Provider("jwt", "JSON Web Token", ("eyJ",), re.compile(r"(?<![\w.-])(?P<v>eyJ[\w-]{10,2000}+\.[\w-]{4,8000}+\.[\w-]{20,1000}+)(?![\w.-])"), check=checksums.jwt, severity=Severity.MEDIUM, confidence=Confidence.MEDIUM, revoke="end the session, or rotate the key that signed it"),
)  # fmt: skip
"""All of them. Where two fit the same text, the first holds."""
