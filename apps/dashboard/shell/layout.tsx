import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { Suspense, useEffect, useState, type ReactNode } from 'react';
import { Link, Outlet, ScrollRestoration, useNavigation } from 'react-router';
import { listen } from '../api/live.js';
import { resourcesQuery } from '../api/resources.js';
import { logOut, switchProject, useSession } from '../api/session.js';
import { Failure } from '../ui/failure.js';
import { Drawer } from './drawer.js';
import { Nav } from './nav.js';
import { setTheme, THEMES, useTheme, type Theme } from './theme.js';

function ProjectSwitcher(): ReactNode {
  const { project, projects } = useSession();
  const { mutate, error } = useMutation({ mutationFn: switchProject });
  return (
    <>
      <select
        aria-label="Project"
        value={project?.id ?? ''}
        onChange={({ target }) => {
          mutate(target.value);
        }}
      >
        {project === null ? <option value="">no project</option> : null}
        {projects.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      <Failure error={error} />
    </>
  );
}

function ThemeSwitch(): ReactNode {
  const theme = useTheme();
  return (
    <select
      aria-label="Theme"
      value={theme}
      onChange={({ target }) => {
        setTheme(target.value as Theme);
      }}
    >
      {THEMES.map((one) => (
        <option key={one}>{one}</option>
      ))}
    </select>
  );
}

function LogOut(): ReactNode {
  const { mutate } = useMutation({ mutationFn: logOut });
  return (
    <button type="button" onClick={() => mutate()}>
      Log out
    </button>
  );
}

/** What is around every page behind the log-in. */
export function Layout(): ReactNode {
  const [open, setOpen] = useState(false);
  const { user, operator_pages } = useSession();
  const { data: resources } = useSuspenseQuery(resourcesQuery);
  const busy = useNavigation().state !== 'idle';
  useEffect(listen, []);
  return (
    <div className="frame">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="head">
        <button
          type="button"
          className="menu-button"
          aria-expanded={open}
          aria-controls="nav"
          onClick={() => {
            setOpen(!open);
          }}
        >
          Menu
        </button>
        <Link to="/" className="brand">
          Novaflow
        </Link>
        <ProjectSwitcher />
        <span className="grow" aria-live="polite">
          {busy ? <span className="quiet">loading…</span> : null}
        </span>
        <span className="quiet wide">{user.name}</span>
        <ThemeSwitch />
        <LogOut />
      </header>
      <Nav
        resources={resources}
        operatorPages={operator_pages}
        open={open}
        onFollow={() => {
          setOpen(false);
        }}
      />
      <main id="main" className="main" tabIndex={-1}>
        <Suspense fallback={<p>loading…</p>}>
          <Outlet />
        </Suspense>
      </main>
      <Drawer />
      <ScrollRestoration />
    </div>
  );
}
