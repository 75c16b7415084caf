"""The site map with the administrators' pages switched on."""

from study.urls import administration, handler404, handler500, pages

__all__ = ["handler404", "handler500", "urlpatterns"]
urlpatterns = [*pages, *administration]
