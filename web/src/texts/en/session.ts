export const session = {
  signInTitle: 'Sign in',
  signInLead: 'Your keys, your usage and the playground.',
  email: 'Email',
  password: 'Password',
  signIn: 'Sign in',
  noAccount: 'No account yet?',
  forgot: 'Forgot the password?',
}
