import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router';
import { whenSessionEnds } from './api/http.js';
import { queryClient } from './api/query.js';
import { logInAgain } from './api/session.js';
import { router } from './routes.js';
import { applyTheme } from './shell/theme.js';
import './styles/index.css';

applyTheme();
whenSessionEnds(logInAgain);

const root = document.querySelector('#root');
if (root === null) throw new Error('The page has no place to draw in.');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
