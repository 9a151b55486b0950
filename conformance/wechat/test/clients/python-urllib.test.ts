import { pythonUrllib } from '../../clients/python-urllib.ts'
import { tryClient } from '../try-client.ts'

tryClient(pythonUrllib)
