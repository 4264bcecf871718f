// Asks `@shopify/shopify-api` whether deliveries are signed, and lets Node sign texts with its own means, as it is told on standard
// input: {"secret": "…", "deliveries": [{"headers": {…}, "body": "…"}], "texts": ["…"]}. Prints {"answers": […], "signatures": […]}.

import { createHmac } from 'node:crypto'
import { text } from 'node:stream/consumers'
import '@shopify/shopify-api/adapters/node'
import { ApiVersion, LogSeverity, shopifyApi } from '@shopify/shopify-api'

const { secret, deliveries, texts } = JSON.parse(await text(process.stdin))
const shopify = shopifyApi({
  apiKey: 'key',
  apiSecretKey: secret,
  apiVersion: Object.values(ApiVersion).at(-1),
  hostName: '127.0.0.1',
  isEmbeddedApp: false,
  logger: { level: LogSeverity.Error, log: () => {} },
})
const answers = []
for (const { headers, body } of deliveries) {
  const rawRequest = { method: 'POST', url: '/', headers }
  answers.push(await shopify.webhooks.validate({ rawBody: body, rawRequest, rawResponse: {} }))
}
const signatures = texts.map((one) => createHmac('sha256', secret).update(one, 'utf8').digest('base64'))
console.log(JSON.stringify({ answers, signatures }))
