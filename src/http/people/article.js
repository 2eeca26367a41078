// A button beside each piece of code that puts it into the clipboard. Of a console, only what is typed.
// Where a page may not write to the clipboard (plain http elsewhere than on localhost), there is none.
for (const code of navigator.clipboard ? document.querySelectorAll('pre > code') : []) {
  const typed = () => code.textContent.split('\n').filter((line) => line.startsWith('$ ')).map((line) => line.slice(2)).join('\n');
  const button = document.createElement('button');
  const say = (words) => { button.textContent = words; };
  button.type = 'button';
  button.addEventListener('click', async () => {
    const text = code.classList.contains('language-console') ? typed() : code.textContent;
    await navigator.clipboard.writeText(text).then(() => say('Copied'), () => say('Not allowed'));
    setTimeout(say, 2000, 'Copy');
  });
  say('Copy');
  code.parentElement.before(button);
}
