// Makes the vendored files beside this folder from Bootstrap Italia: the part of
// its style that the pages use, the icons they use, its fonts. `make assets` runs
// it; what it makes is committed, so that nobody needs npm to build the program.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const source = dirname(fileURLToPath(import.meta.url))
const out = dirname(source)
const work = mkdtempSync(join(tmpdir(), 'assets-'))
const run = (program, ...args) => execFileSync(program, args, { cwd: work, stdio: ['ignore', 'pipe', 'inherit'] }).toString()

const icons = ['arrow-left', 'arrow-right', 'burger', 'calendar', 'check', 'check-circle', 'chevron-left', 'chevron-right',
  'clip', 'clock', 'close', 'download', 'error', 'external-link', 'file', 'help-circle', 'info-circle', 'key', 'list', 'lock', 'logout',
  'mail', 'map-marker', 'pencil', 'pa', 'plus', 'presentation', 'print', 'refresh', 'search', 'settings', 'user', 'video',
  'chart-line', 'warning-circle', 'folder', 'copy']

run('npm', 'init', '-y')
run('npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', 'bootstrap-italia@2.18.3', 'sass@1.108.2')
const bi = join(work, 'node_modules', 'bootstrap-italia')

const css = run('npx', 'sass', '--quiet', '--load-path=node_modules', '--style=compressed', '--no-source-map', join(source, 'bootstrap.scss'))
writeFileSync(join(out, 'bootstrap-italia.css'), css)

const sprites = readFileSync(join(bi, 'dist', 'svg', 'sprites.svg'), 'utf8')
const symbols = icons.map(name => {
  const found = sprites.match(new RegExp(`<symbol id="it-${name}".*?</symbol>`, 's'))
  if (!found) throw new Error(`no icon ${name}`)
  return found[0]
})
writeFileSync(join(out, 'icons.svg'), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>\n`)

rmSync(join(out, 'fonts'), { recursive: true, force: true })
mkdirSync(join(out, 'fonts'))
for (const [weight, name] of [['regular', 'regular'], ['600', '600'], ['700', '700']])
  cpSync(join(bi, 'dist', 'fonts', 'Titillium_Web', `titillium-web-v10-latin-ext_latin-${weight}.woff2`), join(out, 'fonts', `titillium-web-${name}.woff2`))
cpSync(join(bi, 'dist', 'fonts', 'Titillium_Web', 'OFL.txt'), join(out, 'fonts', 'OFL.txt'))
cpSync(join(bi, 'LICENSE'), join(out, 'LICENSE.bootstrap-italia'))
rmSync(work, { recursive: true })
