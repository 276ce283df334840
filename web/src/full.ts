// What the page knows of the full module before it loads it.

/** How the full module stands, where the server builds it behind the page; a static host has it or has not. */
export async function fullState(base: string): Promise<{ state: string; message: string }> {
  try {
    const answer = await fetch(new URL('status.json', base), { cache: 'no-store' });
    if (!answer.ok) throw new Error(String(answer.status));
    const { full } = (await answer.json()) as { full: { state: string; message: string } };
    return { state: String(full.state), message: String(full.message) };
  } catch {
    return { state: 'absent', message: 'This place serves the page without it.' };
  }
}
