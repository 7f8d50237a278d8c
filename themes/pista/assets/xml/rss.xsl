<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0">
<xsl:output method="html" encoding="UTF-8"/>
<xsl:template match="/rss/channel">
<html lang="es">
<head>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title><xsl:value-of select="title"/> · RSS</title>
<link rel="stylesheet" href="/assets/css/pista.css"/>
</head>
<body>
<main>
<h1><xsl:value-of select="title"/> · RSS</h1>
<p>Esta dirección es para tu lector de noticias: copiala y pegala ahí.</p>
<ul class="entries">
<xsl:for-each select="item">
<li><h2><a href="{link}"><xsl:value-of select="title"/></a></h2></li>
</xsl:for-each>
</ul>
</main>
</body>
</html>
</xsl:template>
</xsl:stylesheet>
