import { useMutation } from '@tanstack/react-query';
import type { FormEvent, ReactNode } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { logIn, type Login } from '../api/session.js';
import { Failure } from '../ui/failure.js';

/** A path below the dashboard to go on to, never another origin's. */
const safe = (next: string | null): string => (next !== null && /^\/(?![/\\])/.test(next) ? next : '/');

const text = (form: FormData, name: string): string => {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
};

function loginOf(form: FormData): Login {
  const [domain, project] = [text(form, 'domain'), text(form, 'project')];
  return {
    username: text(form, 'username'),
    password: text(form, 'password'),
    ...(domain === '' ? {} : { domain }),
    ...(project === '' ? {} : { project }),
  };
}

export function Component(): ReactNode {
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const { mutate, isPending, error } = useMutation({
    mutationFn: logIn,
    onSuccess: () => navigate(safe(params.get('next')), { replace: true }),
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    mutate(loginOf(new FormData(event.currentTarget)));
  };
  return (
    <main className="login">
      <title>Log in · Novaflow</title>
      <h1>Novaflow</h1>
      <form className="form" onSubmit={submit}>
        <Failure error={error} />
        <label className="field">
          User
          <input name="username" autoComplete="username" required />
        </label>
        <label className="field">
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        <label className="field">
          Domain
          <input name="domain" placeholder="Default" />
        </label>
        <label className="field">
          Project
          <input name="project" placeholder="your own" />
        </label>
        <button type="submit" className="primary" disabled={isPending}>
          Log in
        </button>
      </form>
    </main>
  );
}
