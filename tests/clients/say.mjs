// Says through `@segment/analytics-node` what it is told on standard input: {"settings": {…}, "calls": [["track", {…}], …]}.
// Prints the errors that the client met.

import { text } from 'node:stream/consumers'
import { Analytics } from '@segment/analytics-node'

const { settings, calls } = JSON.parse(await text(process.stdin))
const errors = []
const analytics = new Analytics(settings)
analytics.on('error', (error) => errors.push(String(error.reason ?? error.code)))
for (const [call, words] of calls) analytics[call](words)
await analytics.closeAndFlush({ timeout: 20000 })
console.log(JSON.stringify(errors))
