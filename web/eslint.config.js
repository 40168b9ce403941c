import { readdirSync } from 'node:fs'
import js from '@eslint/js'
import a11y from 'eslint-plugin-jsx-a11y'
import hooks from 'eslint-plugin-react-hooks'
import globals from 'globals'
import ts from 'typescript-eslint'

const features = readdirSync(new URL('./src/features', import.meta.url))

/** A folder may import from below only: app > features > shared > texts; features do not know each other. */
function border(files, patterns, message) {
  return {
    files,
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group: patterns, message }] }] },
  }
}

export default ts.config(
  { ignores: ['node_modules', 'src/shared/api/generated', 'dist'] },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  ...ts.configs.stylisticTypeChecked,
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: { allowDefaultProject: ['*.js', 'scripts/*.js', 'public/*.js'] }, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // The router throws redirects, which are no errors.
      '@typescript-eslint/only-throw-error': 'off',
      'max-lines': ['error', 500],
      'max-lines-per-function': ['error', { max: 150, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': hooks },
    rules: { ...hooks.configs.recommended.rules },
  },
  { files: ['src/**/*.tsx'], ...a11y.flatConfigs.strict },
  { files: ['**/*.js'], ...ts.configs.disableTypeChecked, languageOptions: { ...ts.configs.disableTypeChecked.languageOptions, globals: { ...globals.node, ...globals.browser } } },
  border(['src/shared/**'], ['@/features/*', '@/features/**', '@/app/*', '@/app/**'], 'shared/ knows neither features nor app.'),
  ...features.map((name) =>
    border(
      [`src/features/${name}/**`],
      ['@/app/*', '@/app/**', ...features.filter((one) => one !== name).flatMap((one) => [`@/features/${one}`, `@/features/${one}/**`])],
      'A feature knows shared/ and itself only.',
    ),
  ),
  {
    files: ['src/**/*.test.{ts,tsx}'],
    rules: { 'max-lines-per-function': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
)
