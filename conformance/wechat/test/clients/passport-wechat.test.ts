import { passportWechat } from '../../clients/passport-wechat.ts'
import { tryClient } from '../try-client.ts'

tryClient(passportWechat)
