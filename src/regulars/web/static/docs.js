"use strict";

// `validatorUrl: null`: the page would otherwise show a badge from elsewhere.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#interface",
  validatorUrl: null,
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  supportedSubmitMethods: ["get", "post"],
});
