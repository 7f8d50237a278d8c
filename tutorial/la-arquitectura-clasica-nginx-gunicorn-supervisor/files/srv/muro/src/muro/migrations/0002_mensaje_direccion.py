from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("muro", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="mensaje",
            name="direccion",
            field=models.GenericIPAddressField(editable=False, null=True),
        ),
    ]
