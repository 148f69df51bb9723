"""The tenant over HTTPS: Azure Resource Manager, Microsoft Graph, the sign-in service, and the sandbox's own pages."""
