export const markdown = {
  linkTo: (heading: string) => `Link to “${heading}”`,
  samples: 'Sample in several languages',
  withSdk: (language: string) => `${language} (OpenAI SDK)`,
}
