from django.urls import path

from .views import muro

urlpatterns = [path("", muro, name="muro")]
