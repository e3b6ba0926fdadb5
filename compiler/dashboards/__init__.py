"""The CloudWatch dashboards of an environment, as the bodies that PutDashboard takes."""
