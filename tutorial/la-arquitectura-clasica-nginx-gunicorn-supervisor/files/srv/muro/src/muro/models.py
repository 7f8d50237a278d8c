from django.db import models


class Mensaje(models.Model):
    autor = models.CharField(max_length=40)
    texto = models.CharField(max_length=280)
    creado = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-creado"]

    def __str__(self):
        return f"{self.autor}: {self.texto}"
