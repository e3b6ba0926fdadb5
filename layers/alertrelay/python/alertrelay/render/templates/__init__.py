"""Executes Go's text/template and html/template as Alertmanager exposes them, from trees that the compiler made.

Pure and bounded: no template runs longer, deeper or larger than `budget` allows. Sources of the rules: Go's
text/template (exec.go, funcs.go), html/template and fmt, of Go 1.25; prometheus/alertmanager template/template.go.
"""
