export const samples = {
  label: 'Code in several languages',
  run: 'To run it:',
}
