// Migrates the database that its argument names, and says what it applied.

import { migrations, openDatabase } from '@kaimen/server/store/sql'

const database = openDatabase(process.argv[2] ?? '')
process.stdout.write(JSON.stringify(await database.migrate(migrations)))
await database.close()
