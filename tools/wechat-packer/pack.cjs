// Packs the npm dependencies of the project in the first folder for the mini program in the second,
// as "build npm" does in WeChat's developer tools.

const { join } = require('node:path')
const { packNpmManually } = require('miniprogram-ci')

const [project, miniProgram] = process.argv.slice(2)
packNpmManually({
  packageJsonPath: join(project, 'package.json'),
  miniprogramNpmDistDir: miniProgram,
}).then(
  ({ warnList }) => {
    for (const warning of warnList) console.error(warning)
    process.exit(warnList.length > 0 ? 1 : 0)
  },
  (error) => {
    console.error(error)
    process.exit(1)
  },
)
