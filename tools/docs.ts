// Writes what is generated of docs/.
// Usage: npm run docs

import { writeLimits } from './limits.ts'
import { writeRules } from './rules.ts'

writeRules()
writeLimits()
